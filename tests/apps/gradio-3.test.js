// The last Gradio 3 (`strip`): what Stable Diffusion web UI and its kin are made with. Its queue is a websocket.
import { olderGradio } from './support/gradio-older.js';

olderGradio(3, [/\/queue\/join$/]);
