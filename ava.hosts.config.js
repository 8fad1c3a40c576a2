/** Tests on real hosts. Each file has hosts of its own, by number; so many at a time as two cores can carry. */
export default {
  extensions: ["ts", "mts"],
  files: ["test/hosts/**/*.test.ts", "test/package/*.test.ts"],
  timeout: "10m",
  concurrency: 4,
};
