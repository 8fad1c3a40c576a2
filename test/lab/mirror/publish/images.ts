import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { run } from "../../command.ts";
import { partDirectory } from "../part.ts";
import * as parts from "../parts.ts";
import { type KubernetesRelease, kubernetesReleases, metallbVersion } from "../versions.ts";
import type { LayerContent } from "./layer.ts";

/** An image to be made: layers by name, since images share them. */
export interface ImagePlan {
  readonly names: readonly string[];
  readonly layers: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
  /** The archives that it goes into. */
  readonly archives: readonly string[];
}

export interface ImagePlans {
  readonly layers: Readonly<Record<string, LayerContent>>;
  readonly images: readonly ImagePlan[];
}

/** Everything the registry has, and the layers this is made of. */
export async function imagePlans(): Promise<ImagePlans> {
  const file = (part: Parameters<typeof partDirectory>[0], path: string) => join(partDirectory(part), path);
  const busybox = file(parts.busybox, "root/usr/bin/busybox");
  const applets = (await run(busybox, ["--list"])).split("\n").filter((name) => name !== "" && name !== "busybox");
  const layers: Record<string, LayerContent> = {
    tools: { directory: file(parts.networkTools, "root") },
    // flannel's chart copies files with what its image has.
    copy: {
      files: { "usr/bin/busybox": busybox, "usr/bin/cp": { link: "busybox" }, "usr/bin/sh": { link: "busybox" } },
    },
    pause: { files: { pause: file(parts.pause, "bin/pause") } },
    busybox: {
      files: {
        "bin/busybox": busybox,
        ...Object.fromEntries(applets.map((name) => [`bin/${name}`, { link: "busybox" }])),
        "etc/passwd": { text: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n" },
        "etc/group": { text: "root:x:0:\nnobody:x:65534:\n" },
        root: { empty: "directory" },
        tmp: { empty: "directory" },
      },
    },
    flanneld: { files: { "opt/bin/flanneld": file(parts.flannel, "bin/flanneld") } },
    flannelPlugin: { files: { flannel: file(parts.flannelPlugin, "bin/flannel"), "bin/cp": busybox } },
    controller: { files: { controller: file(parts.metallb, "bin/controller") } },
    speaker: { files: { speaker: file(parts.metallb, "bin/speaker") } },
  };
  const images: ImagePlan[] = [
    {
      names: ["docker.io/library/busybox:stable", "docker.io/library/busybox:latest"],
      layers: ["busybox"],
      command: ["sh"],
      archives: ["busybox"],
    },
    ...flannelImages(),
    ...["controller", "speaker"].map((name) => ({
      names: [`quay.io/metallb/${name}:v${metallbVersion}`],
      layers: [name],
      entrypoint: [`/${name}`],
      archives: ["metallb"],
    })),
  ];
  for (const release of kubernetesReleases) {
    const { version, etcd, coredns } = release;
    layers[`kubernetes-${version}`] = { files: programLinks(file(parts.kubernetes(release), "bin/kubernetes")) };
    layers[`etcd-${etcd}`] = {
      files: { "usr/local/bin/etcd": file(parts.etcd(release), "bin/etcd"), "usr/local/bin/etcdctl": { link: "etcd" } },
    };
    layers[`coredns-${coredns}`] = { files: { coredns: file(parts.coredns(release), "bin/coredns") } };
    images.push(...releaseImages(release));
  }
  return { layers, images: merged(images) };
}

const controlPlane = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"];

function programLinks(program: string) {
  const links = controlPlane.map((name) => [`usr/local/bin/${name}`, { link: "kubernetes" }] as const);
  return { "usr/local/bin/kubernetes": program, ...Object.fromEntries(links) };
}

/** What `kubeadm config images list` of a release names. */
function releaseImages({ version, etcd, etcdTag, coredns, pause }: KubernetesRelease): ImagePlan[] {
  const archives = [`kubernetes-v${version}`];
  const image = (repository: string, tag: string, layers: readonly string[], program: string) => ({
    names: [`registry.k8s.io/${repository}:${tag}`],
    layers,
    entrypoint: [program],
    archives,
  });
  const kubernetes = `kubernetes-${version}`;
  return [
    ...controlPlane.map((name) => {
      const layers = name === "kube-proxy" ? ["tools", kubernetes] : [kubernetes];
      return image(name, `v${version}`, layers, `/usr/local/bin/${name}`);
    }),
    image("etcd", etcdTag, [`etcd-${etcd}`], "/usr/local/bin/etcd"),
    image("coredns/coredns", `v${coredns}`, [`coredns-${coredns}`], "/coredns"),
    { ...image("pause", pause, ["pause"], "/pause"), user: "65535:65535" },
  ];
}

const ImageName = z.looseObject({ repository: z.string(), tag: z.string() });
const FlannelValues = z.looseObject({
  flannel: z.looseObject({ image: ImageName, flannel_cni: z.looseObject({ image: ImageName }) }),
});

/** Under the names that the chart's own values have. */
function flannelImages(): ImagePlan[] {
  const values = join(partDirectory(parts.flannel), "chart/values.yaml");
  const { flannel } = FlannelValues.parse(parse(readFileSync(values, "utf8")));
  const name = ({ repository, tag }: z.infer<typeof ImageName>) => `${repository}:${tag}`;
  return [
    {
      names: [name(flannel.image)],
      layers: ["tools", "copy", "flanneld"],
      entrypoint: ["/opt/bin/flanneld"],
      archives: ["flannel"],
    },
    { names: [name(flannel.flannel_cni.image)], layers: ["flannelPlugin"], archives: ["flannel"] },
  ];
}

/** Releases may ask for the same etcd or pause: one image then, in the archives of both. */
export function merged(images: readonly ImagePlan[]): ImagePlan[] {
  const byName = new Map<string, ImagePlan>();
  for (const image of images) {
    const name = image.names.join(" ");
    const archives = [...(byName.get(name)?.archives ?? []), ...image.archives];
    byName.set(name, { ...image, archives });
  }
  return [...byName.values()];
}
