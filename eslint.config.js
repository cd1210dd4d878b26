import js from '@eslint/js';

const noHtml = ['innerHTML', 'outerHTML', 'insertAdjacentHTML'].map((property) => ({
  property,
  message: 'Data is put into the page as text, never as HTML.',
}));

export default [
  { ignores: ['assets/dist/**', 'assets/.dist-*/**', 'node_modules/**', 'target/**'] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 'latest', sourceType: 'module' },
    rules: {
      // Names are checked by tsc, which knows the browser's.
      'no-undef': 'off',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-var': 'error',
      'no-implicit-globals': 'error',
      'no-eval': 'error',
      'no-restricted-properties': ['error', ...noHtml],
      'no-restricted-syntax': [
        'error',
        ...noHtml.map(({ property, message }) => ({ selector: `MemberExpression[property.name="${property}"]`, message })),
      ],
      'max-lines': ['error', { max: 300 }],
    },
  },
  {
    files: ['assets/js/**/*.js'],
    // The page of the API makes whatever call a person writes.
    ignores: ['assets/js/api.js', 'assets/js/pages/docs.js'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['fetch', 'EventSource', 'XMLHttpRequest', 'WebSocket'].map((name) => ({ name, message: 'Only api.js talks to the server.' })),
      ],
    },
  },
];
