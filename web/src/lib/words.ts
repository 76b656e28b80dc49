// What KubeVirt's indications say, in words.
const INDICATIONS: Record<string, string> = {
    Online: "The VM ran while the snapshot was taken.",
    GuestAgent: "The guest agent froze the file systems of the guest.",
    NoGuestAgent: "The guest has no agent: its file systems were not frozen.",
    QuiesceFailed: "The file systems could not be frozen: the snapshot is as after a power cut.",
    QuiesceTimeout: "The file systems were not frozen in time: the snapshot is as after a power cut.",
    Paused: "The VM was paused.",
}

export function indication(name: string): string {
    return INDICATIONS[name] ?? name
}

// What somebody can do about a cluster in that state; docs/clusters.md says more.
export function adviceFor(state: string, reason: string | undefined): string {
    switch (state) {
        case "Ready":
            return ""
        case "Syncing":
            return "Its list is being stored or compared. Until then the earlier state is served: wait."
        case "Pending":
            return "The server has not tried this cluster since it started: wait."
        case "Unauthorized":
            return reason === "CredentialsUnreadable"
                ? "This server's credentials.key does not open the stored credentials: bring that file back, or give new credentials."
                : "The cluster does not accept the credentials: give new ones."
        case "Forbidden":
            return "The account may not list or watch: apply what `snapgate print rbac` prints in the cluster."
        case "NotInstalled":
            return "The cluster does not serve snapshot.kubevirt.io: install KubeVirt. snapgate notices by itself."
        case "Failing":
            return reason === "LoopDetected" ? "The connection leads back to this server: connect the cluster itself." : "It answers, but not as a Kubernetes API server does: look at the message."
        case "Stale":
            return "An import of this hosted cluster is late: look at what imports it."
        case "Unreachable":
            return UNREACHABLE[reason ?? ""] ?? "There is no connection, no answer, or a broken one. It is tried again and again."
        default:
            return ""
    }
}

const UNREACHABLE: Record<string, string> = {
    AddressDenied: "The server's settings do not allow this address (--connect-allow).",
    NameNotFound: "The name of its API server is not found in DNS.",
    ConnectionRefused: "Nothing listens at that address: is its API server down, or is the port wrong?",
    HostUnreachable: "There is no route to it from this server.",
    ConnectTimeout: "It does not take the connection: is a firewall between, or is it down?",
    CertificateExpired: "The cluster's certificate has expired: renew it there.",
    CertificateNotTrusted: "The CA of the kubeconfig has not signed its certificate: give the right kubeconfig.",
    CertificateWrongName: "Its certificate is for another name: use that name in the kubeconfig, or set tls-server-name.",
}
