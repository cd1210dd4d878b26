export { default } from 'split.js';
