import { basename } from "node:path";
import { z } from "zod";
import { type Prediction, pending, predict, unknowable } from "../../lib/engine/plan.ts";
import type { Read } from "../../lib/engine/read.ts";
import { defineTask } from "../../lib/engine/task.ts";
import { ControllerPath } from "../../lib/params/controller-path.ts";
import { content, sh } from "../../lib/shell/sh.ts";
import { readSource } from "../../lib/tasks/copy-source.ts";
import { containerdImage } from "./containerd-image.ts";
import { type ArchivedImage, imagesIn } from "./image-archive.ts";

const Params = z.strictObject({
  archive: ControllerPath.transform((path, context) => {
    try {
      const source = readSource(path);
      if (source.kind === "file") return { name: basename(path), images: imagesIn(path), bytes: source.file.bytes };
      context.addIssue(`${path} is a directory: name an archive in it`);
    } catch (error) {
      context.addIssue(`cannot be loaded: ${(error as Error).message}`);
    }
    return z.NEVER;
  }),
});

/**
 * The images of an archive on the controller are those that containerd has for the kubelet.
 *
 * They are compared by name and, where the archive tells it, by digest, so that nothing is sent to a host that has them,
 * and an image that the kubelet cleaned away comes again. The archive itself does not stay on the host.
 *
 * @example
 * loadImages({ archive: "/srv/kubernetes/images-1.36.4.tar" });
 * @throws UsageError for a file that is no archive of images
 */
export const loadImages = defineTask({
  name: "loadImages",
  params: Params,
  subject: ({ archive }) => archive.name,
  reads: ({ archive }): Record<string, Read<string | undefined>> =>
    Object.fromEntries(archive.images.map(({ name }) => [name, containerdImage(name)])),
  plan({ archive }, state) {
    const missing = archive.images.filter((image) => !isThere(image, state[image.name]));
    if (missing.length === 0) return pending([], `${count(archive.images)} there`);
    return pending([
      {
        what: missing.map(({ name }) => name).join(", "),
        from: missing.every(({ name }) => state[name] === undefined) ? "absent" : "absent or another image",
        to: `out of ${archive.name}`,
        commands: [sh`${content(archive.bytes())} | ctr -n k8s.io images import -`],
        predicts: archive.images.map(predicted),
      },
    ]);
  },
});

function isThere({ digest }: ArchivedImage, found: string | undefined): boolean {
  return found !== undefined && (digest === undefined || digest === found);
}

function predicted({ name, digest }: ArchivedImage): Prediction {
  return digest === undefined ? unknowable(containerdImage(name)) : predict(containerdImage(name), digest);
}

function count(images: readonly ArchivedImage[]): string {
  return images.length === 1 ? "its image is" : `all ${images.length} images are`;
}
