// Framing: any cut of the stream gives the same messages; what is not LSP ends at once.
import { expect, test } from "vitest";
import { encodeFrame, FrameDecoder, FrameError } from "../src/wire/frames";

const messages = [{ a: 1 }, { text: "späß 🎉 \r\n\r\n Content-Length: 5" }, { list: [1, 2, { b: null }] }];
const stream = Buffer.concat(messages.map(encodeFrame));

test("whole, byte by byte, and in every two pieces", () => {
  expect(new FrameDecoder(1000).push(stream)).toEqual(messages);
  const slow = new FrameDecoder(1000);
  expect([...stream].flatMap((byte) => slow.push(Buffer.from([byte])))).toEqual(messages);
  for (let cut = 0; cut <= stream.length; cut++) {
    const decoder = new FrameDecoder(1000);
    expect([...decoder.push(stream.subarray(0, cut)), ...decoder.push(stream.subarray(cut))]).toEqual(messages);
  }
});

test("other headers and any case are fine", () => {
  const text = "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:  2\r\n\r\n{}";
  expect(new FrameDecoder(1000).push(Buffer.from(text))).toEqual([{}]);
});

test.each<[string, string]>([
  ["over the limit", "Content-Length: 1001\r\n\r\n"],
  ["huge", "Content-Length: 99999999999999999999\r\n\r\n"],
  ["no length", "Content-Type: x\r\n\r\n"],
  ["negative", "Content-Length: -1\r\n\r\n"],
  ["a fraction", "Content-Length: 1.5\r\n\r\n"],
  ["empty body", "Content-Length: 0\r\n\r\n"],
  ["not JSON", "Content-Length: 2\r\n\r\n{]"],
  ["a number", "Content-Length: 1\r\n\r\n7"],
  ["binary", "\u0000\u0001"],
  ["a long header", `${"x".repeat(5000)}\r\n\r\n`],
  ["a header without an end", "x".repeat(5000)],
])("%s is an error", (_, text) => {
  expect(() => new FrameDecoder(1000).push(Buffer.from(text))).toThrow(FrameError);
});

test("the limit itself is allowed", () => {
  const body = JSON.stringify({ a: "x".repeat(992) });
  expect(Buffer.byteLength(body)).toBe(1000);
  expect(new FrameDecoder(1000).push(Buffer.from(`Content-Length: 1000\r\n\r\n${body}`)).length).toBe(1);
});

test("a large frame in small pieces is not copied again with each of them", () => {
  const body = JSON.stringify({ a: "x".repeat(4_000_000) });
  const whole = Buffer.from(`Content-Length: ${body.length}\r\n\r\n${body}`);
  const decoder = new FrameDecoder(8_000_000);
  const joined: unknown[] = [];
  const concat = Buffer.concat;
  let copied = 0;
  Buffer.concat = (list, total) => {
    const result = concat(list, total);
    copied += result.length;
    return result;
  };
  try {
    for (let at = 0; at < whole.length; at += 1000) joined.push(...decoder.push(whole.subarray(at, at + 1000)));
  } finally {
    Buffer.concat = concat;
  }
  expect(joined.length).toBe(1);
  expect(copied).toBeLessThan(3 * whole.length);
});
