// What we use of noVNC, which brings no types (its docs/API.md).
declare module '@novnc/novnc' {
  interface Options {
    shared?: boolean;
    wsProtocols?: string[];
  }

  /** One connection to a screen. It is over for good at `disconnect`: the next one is another object. */
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, url: string, options?: Options);
    viewOnly: boolean;
    focusOnClick: boolean;
    clipViewport: boolean;
    readonly clippingViewport: boolean;
    dragViewport: boolean;
    resizeSession: boolean;
    scaleViewport: boolean;
    showDotCursor: boolean;
    background: string;
    /** 0 to 9; 9 is the best picture. */
    qualityLevel: number;
    /** 0 to 9; 9 takes the most of the processor and the least of the line. */
    compressionLevel: number;
    focus(options?: FocusOptions): void;
    blur(): void;
    disconnect(): void;
    /** Without `down`: pressed and let go. */
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    sendCtrlAltDel(): void;
    clipboardPasteFrom(text: string): void;
  }
}
