// Dragging families of rows by mouse and by finger.
export { default } from 'sortablejs';
