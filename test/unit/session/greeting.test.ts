import test from "ava";
import { Greeting } from "../../../lib/session/greeting.ts";

test("the loop is found behind what a login prints, however it is cut into chunks", (t) => {
  const bytes = Buffer.from(
    "Welcome!\nTOKEN is no word of mine\n\nhostwright\n\nTOKEN ready 0 812\n\0first\n",
    "latin1",
  );
  for (let size = 1; size <= bytes.length; size++) {
    const greeting = new Greeting("TOKEN");
    let uid: string | undefined;
    let behind: Buffer = Buffer.alloc(0);
    for (let at = 0; at < bytes.length; at += size) {
      const chunk = bytes.subarray(at, at + size);
      const ready = uid === undefined ? greeting.push(chunk) : undefined;
      if (uid !== undefined) behind = Buffer.concat([behind, chunk]);
      else if (ready) ({ uid, rest: behind } = ready);
    }
    t.is(uid, "0");
    t.deepEqual(behind, Buffer.from("\0first\n", "latin1"), `in chunks of ${size}`);
    t.deepEqual(greeting.passed, ["Welcome!", "TOKEN is no word of mine", "", ""]);
  }
});

test("the user is told, whoever it is", (t) => {
  t.is(new Greeting("TOKEN").push(Buffer.from("\nTOKEN ready 1000 9\n"))?.uid, "1000");
});

test("what was printed is kept where no loop comes", (t) => {
  const greeting = new Greeting("TOKEN");
  t.is(greeting.push(Buffer.from("This account is currently not available.\n")), undefined);
  t.deepEqual(greeting.passed, ["This account is currently not available."]);
});
