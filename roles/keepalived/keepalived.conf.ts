import { type Secret, SecretText, secretText } from "../../lib/secrets/secret.ts";

export interface KeepalivedParams {
  readonly virtualAddress: string;
  readonly interface: string;
  readonly address: string;
  readonly peers: readonly string[];
  readonly virtualRouterId: number;
  readonly priority: number;
  readonly advertSeconds: number;
  readonly track: "process" | "script";
  readonly password?: Secret | undefined;
}

/**
 * keepalived.conf of one balancer.
 *
 * Every host starts as BACKUP: keepalived drops `nopreempt` where the initial state is MASTER, and the address would
 * move back, and cut every connection, when a host that was away returns. The check of haproxy has no weight, which
 * means FAULT when it fails: with `nopreempt` a lowered priority moves nothing. VRRP goes to the peers one by one,
 * since many networks between rented machines carry no multicast.
 *
 * @see keepalived.conf(5); RFC 9568 (VRRP)
 */
export function keepalivedConf(params: KeepalivedParams): SecretText | string {
  const head = `# Written by Hostwright (role keepalived). Changes made here are undone by its next run.
global_defs {
  script_user root
  enable_script_security
  vrrp_garp_master_refresh 10
}

${trackBlock(params)}

vrrp_instance kube-apiserver {
  state BACKUP
  nopreempt
  interface ${params.interface}
  virtual_router_id ${params.virtualRouterId}
  priority ${params.priority}
  advert_int ${params.advertSeconds}
  unicast_src_ip ${params.address}
  unicast_peer {
${params.peers.map((peer) => `    ${peer}`).join("\n")}
  }
`;
  const tail = `  virtual_ipaddress {
    ${params.virtualAddress} dev ${params.interface}
  }
  ${params.track === "process" ? "track_process" : "track_script"} {
    haproxy
  }
}
`;
  if (!params.password) return head + tail;
  const password = secretText`  authentication {
    auth_type PASS
    auth_pass ${params.password}
  }
`;
  return new SecretText(head + password.reveal() + tail, password.secrets);
}

/**
 * A process is followed by the kernel's word, at once. In a container the kernel gives none (the proc connector answers
 * only in the first network namespace) and the instance would stay in FAULT for ever: there a script asks every second.
 * Two failures in a row have to be seen, so that a restart of haproxy moves nothing.
 */
function trackBlock({ track }: KeepalivedParams): string {
  if (track === "process") {
    return `vrrp_track_process haproxy {
  process haproxy
  quorum 1
  terminate_delay 2
}`;
  }
  return `vrrp_script haproxy {
  script "/usr/bin/pgrep -x haproxy"
  interval 1
  timeout 1
  fall 2
  rise 1
}`;
}
