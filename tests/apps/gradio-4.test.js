// The last Gradio 4 (`strip`): its queue is an event stream.
import { olderGradio } from './support/gradio-older.js';

olderGradio(4, []);
