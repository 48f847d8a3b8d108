// The files of a zip archive that is not compressed, as live/parts makes them. Each is a view into it: nothing is copied.

const END = 0x06054b50, ENTRY = 0x02014b50; // how its last record begins, and the entry of each file
const STORED = 0; // not compressed

/** @yields {[string, Uint8Array]} name and content of each file, in order */
export function* files(archive) {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength), text = new TextDecoder();
  const short = at => view.getUint16(at, true), long = at => view.getUint32(at, true);
  const end = archive.byteLength - 22; // it has no comment, so its last record is at its end
  if (long(end) !== END) throw new Error("a part is no archive");
  let at = long(end + 16);
  for (let left = short(end + 10); left; left--) {
    if (long(at) !== ENTRY || short(at + 10) !== STORED) throw new Error("a part is no plain archive");
    const size = long(at + 24), name = at + 46, after = name + short(at + 28), local = long(at + 42);
    const begin = local + 30 + short(local + 26) + short(local + 28);
    yield [text.decode(archive.subarray(name, after)), archive.subarray(begin, begin + size)];
    at = after + short(at + 30) + short(at + 32);
  }
}
