import { randomBytes, randomInt } from "node:crypto";
import { z } from "zod";
import { defineAction } from "../../lib/engine/action.ts";
import { CommandError } from "../../lib/errors.ts";
import { Secret } from "../../lib/secrets/secret.ts";
import { content, type Sh, sh } from "../../lib/shell/sh.ts";
import { ADMIN_CONF } from "./cluster.ts";
import { type JoinSecrets, uploadCertsConfig } from "./config.yaml.ts";
import { inPrivate } from "./private-files.ts";

/** How long a token lives if nobody takes it back: a join takes a fraction of it. */
const TOKEN_MINUTES = 20;

/**
 * A token and a key, made on the controller: both ends are told them, and neither has to print them.
 *
 * @see Kubernetes documentation, "Authenticating with Bootstrap Tokens"; `kubeadm certs certificate-key`
 */
export function makeJoinSecrets(): JoinSecrets {
  const token = `${randomWord(6)}.${randomWord(16)}`;
  return { token: new Secret(token), certificateKey: new Secret(randomBytes(32).toString("hex")) };
}

function randomWord(length: number): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join("");
}

const Secrets = z.strictObject({ token: z.instanceof(Secret), certificateKey: z.instanceof(Secret) });

/**
 * On a control plane: lets one node in for a while. For a control plane the certificates are uploaded too, encrypted;
 * they belong to the token, and go with it.
 */
export const allowJoin = defineAction({
  name: "allowJoin",
  params: z.strictObject({
    node: z.string(),
    kubernetesVersion: z.string(),
    secrets: Secrets,
    certificates: z.boolean(),
  }),
  changes: true,
  subject: ({ node }) => node,
  async run(context, { node, kubernetesVersion, secrets, certificates }) {
    const expires = new Date(context.now() + TOKEN_MINUTES * 60_000).toISOString().replace(/\.\d+/, "");
    const token = tokenManifest(secrets.token, node, expires);
    const create = sh`${content(token)} | kubectl --kubeconfig ${ADMIN_CONF} --request-timeout=30s apply -f -`;
    const upload: Sh = certificates
      ? inPrivate(
          { config: content(uploadCertsConfig({ kubernetesVersion }, secrets.certificateKey)) },
          sh`kubeadm init phase upload-certs --upload-certs --skip-certificate-key-print --config "$hw_d/config"`,
        )
      : sh`:`;
    const { status, output } = await context.run(sh`${create} && ${upload}`, { deadlineMs: 120_000 });
    if (status === 0) return;
    throw new CommandError(`${context.host}: ${node} could not be let in: ${output.slice(-3).join(" / ")}`, {
      status,
      output,
    });
  },
});

/** Takes back what {@link allowJoin} gave. */
export const endJoin = defineAction({
  name: "endJoin",
  params: z.strictObject({ node: z.string(), secrets: Secrets }),
  changes: true,
  subject: ({ node }) => node,
  async run(context, { node, secrets }) {
    const [id = ""] = secrets.token.reveal().split(".");
    // The name of a token is no secret: it stands in the name of an object, and in its user's.
    const drop = sh`kubectl --kubeconfig ${ADMIN_CONF} --request-timeout=30s -n kube-system delete --ignore-not-found secret ${`bootstrap-token-${id}`}`;
    const { status, output } = await context.run(drop, { deadlineMs: 60_000 });
    if (status === 0) return;
    throw new CommandError(`${context.host}: the token of ${node} could not be taken back: ${output.at(-1)}`, {
      status,
    });
  },
});

/** @see Kubernetes documentation, "Bootstrap Token Secret Format" */
function tokenManifest(token: Secret, node: string, expires: string): Secret {
  const [id = "", secret = ""] = token.reveal().split(".");
  return new Secret(
    JSON.stringify({
      apiVersion: "v1",
      kind: "Secret",
      type: "bootstrap.kubernetes.io/token",
      metadata: { name: `bootstrap-token-${id}`, namespace: "kube-system" },
      stringData: {
        description: `made to let ${node} in`,
        "token-id": id,
        "token-secret": secret,
        expiration: expires,
        "usage-bootstrap-authentication": "true",
        "usage-bootstrap-signing": "true",
        "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
      },
    }),
  );
}
