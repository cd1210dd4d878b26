// Uploads that go on after a lost network (tus 1.0).
export { defaultOptions, Upload } from 'tus-js-client';
