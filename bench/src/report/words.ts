/** The parts of the page that no measurement changes. */

export const INTRODUCTION = `# Performance

What the program takes of time and memory, next to \`cfsctl\` of composefs-rs, which keeps the same repositories, and
other peers. \`pnpm bench:page\` makes this page of what \`pnpm bench --json\` measured.`

export const LEGEND = `*Ratio*: the median of our times over that of the peer; below 1 is faster. *Processor*: the same of user and system
time together. *Gate*: what has to be reached, on two processors; *aim*: what should be; a number without a unit is a
ratio. *Spread*: the largest sample less the smallest, over the median, of the side where that is more. Above 25 % a gate
that is not reached is *noisy*: the samples cannot tell.`

export const CONDITIONS = `## How it is measured

- A sample is a process of its own with a repository of its own, made before the time begins. Only what changes nothing
  (\`fsck\`, \`gc\` without garbage, a second pull, lists) is asked of one repository again and again.
- The sides take turns; one run of each to warm up, then 5 samples, 3 where one takes more than 3 s, 11 below 0.2 s.
- The results of both sides are compared before their times are: the same objects, the same images; of \`mkcomposefs\` the
  same bytes. Else the row has failed, however fast it was.
- We check the digest of every blob and the diff ID of every layer in each of these pulls. The peer does neither for a
  layout on the disk.
- A pull is complete: it ends when the image is made, its names are there, and all is synced.
- Times are wall-clock time; processor time and the peak of memory come from wait4(2). The peak of a process of Node
  counts Node.
- \`rootfs\` is the root file system named above; \`small\` 50,000 files of 1 to 8 KiB; \`big\` four files of 256 MiB that
  cannot be compressed. What is made up comes from seeds, and is the same everywhere.
- Repositories have no fs-verity, which tmpfs does not know.
- Before a sample on the disk its file system is synced, and nothing is removed from it until the end: after many
  files have been removed, ext4 is slow for minutes.`

export const HOW_TO_RUN = `## Run it

<!-- not run: takes an hour, and a peer that is built; the tests of bench run the parts -->
\`\`\`sh
pnpm install && pnpm build
cargo install --locked composefs-ctl --version 0.9.4     # the peer
export BENCH_CFSCTL=cfsctl BENCH_MKCOMPOSEFS='cfsctl mkcomposefs' BENCH_SKOPEO=skopeo
pnpm bench --quick                                       # a few rows, in less than a minute
pnpm bench --huge --json report.json                     # all rows, about an hour
pnpm bench:page report.json                              # makes this page
\`\`\`

Without peers only we are measured, and no ratio is told. \`BENCH_ROOTFS\` names the tar of a real root file system,
\`BENCH_CACHE\` where inputs are kept (5 GB), \`BENCH_DISK\` a directory on a disk (20 GB while it runs, with \`--huge\`
40). The rows of registries want \`docker-registry\` on the PATH. \`pnpm bench --help\` tells the rest; the exit status is 1 when a gate is missed.
\`pnpm bench:micro\` measures parts: hashes, decompression, ways to write objects, EROFS images.`
