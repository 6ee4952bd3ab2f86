// LSP framing with limits: bytes in, parsed JSON out. What a hostile or broken peer sends ends in a FrameError, never in memory.

/** Longest header section accepted, in bytes. LSP headers are about 30. */
const MAX_HEADER_BYTES = 4096;
const HEADER_END = Buffer.from("\r\n\r\n");

/** The peer does not speak LSP framing, or a frame is too large: the connection must be closed. */
export class FrameError extends Error {}

/** Collects chunks and cuts them into frames of at most `maxFrameBytes` of JSON. */
export class FrameDecoder {
  private chunks: Buffer[] = [];
  private buffered = 0;
  /** Length of the body that is being received; undefined while the header is. */
  private bodyBytes: number | undefined;

  constructor(private readonly maxFrameBytes: number) {}

  /** Takes a chunk and returns the messages that it completes. Throws a FrameError; the decoder is then of no more use. */
  push(chunk: Buffer): unknown[] {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    const messages: unknown[] = [];
    for (;;) {
      if (this.bodyBytes === undefined) {
        this.bodyBytes = this.takeHeader();
        if (this.bodyBytes === undefined) return messages;
      }
      if (this.buffered < this.bodyBytes) return messages;
      messages.push(parse(this.take(this.bodyBytes)));
      this.bodyBytes = undefined;
    }
  }

  private takeHeader(): number | undefined {
    if (this.buffered === 0) return undefined;
    const all = this.join();
    const end = all.indexOf(HEADER_END);
    if (end > MAX_HEADER_BYTES || (end < 0 && all.length > MAX_HEADER_BYTES)) {
      throw new FrameError(`no header within ${MAX_HEADER_BYTES} bytes`);
    }
    if (end < 0) {
      // A header starts with a letter; anything else will never become one, so there is no need to wait for 4 KB of it.
      const first = all[0] ?? 0;
      if (!((first >= 65 && first <= 90) || (first >= 97 && first <= 122))) throw new FrameError("not an LSP header");
      return undefined;
    }
    const length = contentLength(all.toString("latin1", 0, end));
    if (length > this.maxFrameBytes) {
      throw new FrameError(`frame of ${length} bytes is over the limit of ${this.maxFrameBytes}`);
    }
    this.take(end + HEADER_END.length);
    return length;
  }

  private join(): Buffer {
    if (this.chunks.length !== 1) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0] as Buffer;
  }

  private take(length: number): Buffer {
    const all = this.join();
    this.buffered -= length;
    this.chunks = this.buffered > 0 ? [all.subarray(length)] : [];
    return all.subarray(0, length);
  }
}

/** Frames one message. */
export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message), "utf8");
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`, "latin1"), body]);
}

function contentLength(header: string): number {
  for (const line of header.split("\r\n")) {
    const match = /^content-length:[ \t]*(\d{1,10})[ \t]*$/i.exec(line);
    if (match) return Number(match[1]);
  }
  throw new FrameError("header without Content-Length");
}

function parse(body: Buffer): unknown {
  let message: unknown;
  try {
    message = JSON.parse(body.toString("utf8"));
  } catch {
    throw new FrameError("frame is not JSON");
  }
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    throw new FrameError("frame is not a JSON-RPC message");
  }
  return message;
}
