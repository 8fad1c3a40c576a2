import test from "ava";
import { compare } from "../../../lib/kubernetes/compare.ts";

const fields = (...names: string[]) => ({
  manager: "hostwright",
  operation: "Apply",
  fieldsV1: Object.fromEntries(names.map((name) => [`f:${name}`, {}])),
  time: "2026-11-21T10:40:53Z",
});
const object = (data: object, metadata: object = {}, status: object = {}) =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", data, metadata: { name: "a", ...metadata }, status });

test("what the API keeps for itself, and the status, make no difference", (t) => {
  const live = object({ x: "1" }, { uid: "u", resourceVersion: "1", managedFields: [fields("data")] }, { phase: "a" });
  const wanted = object({ x: "1" }, { generation: 2, managedFields: [{ ...fields("data"), time: "later" }] }, {});
  t.deepEqual(compare(live, wanted, "hostwright"), { kind: "same" });
});

test("fields that differ are told as YAML", (t) => {
  const found = compare(object({ x: "1" }), object({ x: "2" }), "hostwright");
  t.deepEqual(found, {
    kind: "differs",
    fields: true,
    live: 'apiVersion: v1\ndata:\n  x: "1"\nkind: ConfigMap\nmetadata:\n  name: a\n',
    wanted: 'apiVersion: v1\ndata:\n  x: "2"\nkind: ConfigMap\nmetadata:\n  name: a\n',
  });
});

test("fields that the manager has not taken over yet are a difference of their own", (t) => {
  const live = object({ x: "1" }, { managedFields: [{ ...fields("data"), manager: "kubectl" }] });
  const wanted = object({ x: "1" }, { managedFields: [fields("data")] });
  const found = compare(live, wanted, "hostwright");
  t.true(found.kind === "differs" && !found.fields);
});

test("a manifest without fields owns none", (t) => {
  const before = { manager: "before-first-apply", operation: "Update", fieldsV1: {}, time: "now" };
  t.is(compare(object({}), object({}, { managedFields: [before] }), "hostwright").kind, "same");
});
