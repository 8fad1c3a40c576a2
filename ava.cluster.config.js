/** The order in which a cluster is formed once and used up: what leaves it whole comes first. */
const ORDER = ["formation", "tasks/", "drift", "tuning", "failover", "replacement", "interruptions", "single"];
const position = (file) => ORDER.findIndex((name) => file.includes(name));

/** Tests on a real cluster, which has the machine for itself: one file after the other. */
export default {
  extensions: ["ts", "mts"],
  files: ["test/cluster/**/*.test.ts"],
  timeout: "20m",
  concurrency: 1,
  sortTestFiles: (a, b) => position(a) - position(b) || a.localeCompare(b),
};
