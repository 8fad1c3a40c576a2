/** Tests on real hosts: they share the machine's two or more cores, and their hosts are theirs by number. */
export default {
  extensions: ["ts", "mts"],
  files: ["test/hosts/**/*.test.ts"],
  timeout: "10m",
  concurrency: 3,
};
