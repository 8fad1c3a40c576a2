import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import type { Progress } from "../../progress.ts";
import { damage, writeManifest } from "../manifest.ts";
import { digestOf, partDirectory } from "../part.ts";
import * as parts from "../parts.ts";
import { mirrorPaths } from "../places.ts";
import { kubernetesReleases, minorOf } from "../versions.ts";
import { writeRepository } from "./apt-repository.ts";
import { writeArchive } from "./archive.ts";
import { writeChartRepository } from "./charts.ts";
import { type Descriptor, type Image, type Layer, writeImage } from "./image.ts";
import { imagePlans } from "./images.ts";
import { packLayer } from "./layer.ts";
import { helmPackage, kubernetesPackages } from "./packages.ts";
import { type SigningKey, withSigningKey } from "./signing-key.ts";

/** Where what the wanted parts make is published: its name follows from them and from how it is made of them. */
export function publishedDirectory(): string {
  const here = readdirSync(import.meta.dirname).toSorted();
  const sources = here.map((name) => readFileSync(join(import.meta.dirname, name), "utf8"));
  return mirrorPaths.published(digestOf([parts.allParts().map(partDirectory), kubernetesReleases, sources]));
}

/** Whether that is there and whole; what is damaged is removed, and said so. */
export async function isPublished(progress: Progress): Promise<boolean> {
  const dir = publishedDirectory();
  if (!existsSync(dir)) return false;
  const wrong = await damage(dir);
  if (wrong === undefined) return true;
  progress.step(`what is published is damaged (${wrong}): it is made anew`);
  rmSync(dir, { recursive: true });
  return false;
}

/** Makes repositories, images and charts of the parts, beside their place, and renames them when they are whole. */
export async function publish(progress: Progress): Promise<void> {
  const dir = publishedDirectory();
  const partial = `${dir}.partial`;
  const work = `${dir}.work`;
  for (const path of [partial, work]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  }
  const files = join(partial, "files");
  await withSigningKey((key) => writeRepositories(files, key, work, progress));
  progress.live("packing charts");
  const helm = join(partDirectory(parts.helm), "bin/helm");
  const charts = [chartOf(parts.flannel), chartOf(parts.metallb)];
  await writeChartRepository(join(files, "charts"), charts, helm, work);
  await writeImages(join(partial, "registry"), join(files, "archives"), work, progress);
  await writeManifest(partial);
  rmSync(work, { recursive: true });
  renameSync(partial, dir);
}

/** Makes what is published count, and removes what did before. */
export function switchToPublished(): void {
  const dir = publishedDirectory();
  const { base, current } = mirrorPaths;
  if (!existsSync(current) || readlinkSync(current) !== basename(dir)) {
    rmSync(`${current}.new`, { force: true });
    symlinkSync(basename(dir), `${current}.new`);
    renameSync(`${current}.new`, current);
  }
  for (const name of readdirSync(base))
    if (name.startsWith("www-") && name !== basename(dir)) rmSync(join(base, name), { recursive: true });
}

async function writeRepositories(files: string, key: SigningKey, work: string, progress: Progress): Promise<void> {
  for (const release of kubernetesReleases) {
    progress.live(`packing the packages of Kubernetes ${release.version}`);
    const cniPlugins = join(partDirectory(parts.cniPlugins(release)), "bin");
    const programs = {
      kubernetes: join(partDirectory(parts.kubernetes(release)), "bin/kubernetes"),
      criTools: join(partDirectory(parts.criTools(release)), "bin/crictl"),
      cniPlugins,
      plugins: readdirSync(cniPlugins).toSorted(),
    };
    const minor = minorOf(release.version);
    const dir = join(files, `core:/stable:/v${minor}/deb`);
    await writeRepository(dir, `core:stable:v${minor}`, kubernetesPackages(release, programs), key, work);
  }
  const helm = helmPackage(join(partDirectory(parts.helm), "bin/helm"));
  await writeRepository(join(files, "helm/deb"), "helm", [helm], key, work);
  writeFileSync(join(files, "Release.key"), key.publicKey);
}

/** `images.json` of the registry names manifests by image; blobs lie beside it by their digests. */
async function writeImages(registry: string, archives: string, work: string, progress: Progress): Promise<void> {
  const blobs = join(registry, "blobs");
  mkdirSync(join(blobs, "sha256"), { recursive: true });
  mkdirSync(archives);
  const plans = await imagePlans();
  const layers = new Map<string, Layer>();
  for (const [name, content] of Object.entries(plans.layers)) {
    progress.live(`packing the layer ${name}`);
    layers.set(name, await packLayer(content, blobs, work));
  }
  const made = plans.images.map((plan) => {
    const image: Image = { ...plan, layers: plan.layers.flatMap((name) => layers.get(name) ?? []) };
    return { plan, image, manifest: writeImage(image, blobs) };
  });
  const index: Record<string, Descriptor> = {};
  for (const { image, manifest } of made) for (const name of image.names) index[name] = manifest;
  writeFileSync(join(registry, "images.json"), `${JSON.stringify(index, null, 1)}\n`);
  for (const name of new Set(plans.images.flatMap((image) => image.archives))) {
    progress.live(`packing the archive ${name}`);
    const its = made.filter(({ plan }) => plan.archives.includes(name));
    await writeArchive(join(archives, `${name}.tar`), its, blobs, work);
  }
}

function chartOf(part: Parameters<typeof partDirectory>[0]): string {
  return join(partDirectory(part), "chart");
}
