import test from "ava";
import { LineSplitter, OutputCollector } from "../../../lib/session/demux.ts";

test("a character that arrives in two chunks stays whole", (t) => {
  const lines = new LineSplitter();
  const bytes = Buffer.from("größe\n");
  t.deepEqual(
    [...bytes].flatMap((byte) => lines.push(Buffer.from([byte]))),
    ["größe"],
  );
});

test("a carriage return ends a line, as progress bars use it", (t) => {
  t.deepEqual(new LineSplitter().push(Buffer.from("10%\r20%\rdone\nrest")), ["10%", "20%", "done"]);
});

test("a line without end is cut", (t) => {
  t.deepEqual(new LineSplitter().push(Buffer.from("abcdefgh"), 3), ["abc", "def"]);
});

const end = "\nTOKEN end 0\n";

test("output ends at the mark, however it is cut into chunks", (t) => {
  const bytes = Buffer.from(`\0\xffdata\n\nTOKEN en\n${end}`, "latin1");
  for (let size = 1; size <= bytes.length; size++) {
    const collector = new OutputCollector("TOKEN");
    let found: ReturnType<OutputCollector["push"]>;
    for (let at = 0; at < bytes.length; at += size) found ??= collector.push(bytes.subarray(at, at + size));
    t.deepEqual(found, { stdout: Buffer.from("\0\xffdata\n\nTOKEN en\n", "latin1"), status: 0 });
  }
});

test("the next frame starts clean, and its status is its own", (t) => {
  const collector = new OutputCollector("TOKEN");
  collector.push(Buffer.from(`one${end}`));
  t.deepEqual(collector.push(Buffer.from("two\nTOKEN end 143\n")), { stdout: Buffer.from("two"), status: 143 });
});
