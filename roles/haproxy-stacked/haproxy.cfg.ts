export interface HaproxyParams {
  readonly servers: readonly { readonly name: string; readonly address: string }[];
  readonly port: number;
  readonly serverPort: number;
  readonly statsAddress: string;
  readonly statsPort: number;
  readonly connectTimeout: string;
  readonly idleTimeout: string;
  readonly maxConnections: number;
}

/**
 * haproxy.cfg of a control plane: TCP to the apiservers, which are asked for /readyz over TLS.
 *
 * `timeout connect` and `redispatch` are short and on, so that a request that meets a host that has just died is sent
 * to another one; `on-marked-down shutdown-sessions` ends the connections that it had. Idle ones live for hours, since
 * `kubectl exec`, `logs -f` and watches are idle most of the time; TCP keepalive finds those whose peer is gone.
 *
 * @see HAProxy 2.6 Configuration Manual, 4.2 (option httpchk, http-check, option redispatch) and 5.2 (observe, on-error)
 */
export function haproxyCfg(params: HaproxyParams): string {
  const { servers, port, serverPort, statsAddress, statsPort, connectTimeout, idleTimeout, maxConnections } = params;
  return `# Written by Hostwright (role haproxyStacked). Changes made here are undone by its next run.
global
  log /dev/log local0
  user haproxy
  group haproxy
  maxconn ${maxConnections}

defaults
  mode tcp
  log global
  option tcplog
  option dontlognull
  option tcpka
  timeout connect ${connectTimeout}
  timeout client ${idleTimeout}
  timeout server ${idleTimeout}
  timeout tunnel ${idleTimeout}
  timeout check 2s

frontend kube-apiserver
  bind *:${port}
  default_backend kube-apiservers

backend kube-apiservers
  balance roundrobin
  option redispatch
  retries 3
  option httpchk
  http-check connect ssl
  http-check send meth GET uri /readyz
  http-check expect status 200
  default-server check verify none inter 1s fall 1 rise 2 observe layer4 error-limit 1 on-error mark-down on-marked-down shutdown-sessions
${servers.map(({ name, address }) => `  server ${name} ${hostPort(address, serverPort)}`).join("\n")}

listen stats
  bind ${hostPort(statsAddress, statsPort)}
  mode http
  option httplog
  timeout client 10s
  timeout server 10s
  stats enable
  stats uri /
`;
}

/** haproxy takes an IPv6 address with a port without brackets too; with them nobody has to guess which colon counts. */
function hostPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
