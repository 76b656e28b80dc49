// What `snapgate print rbac` prints, and with `write` what `snapgate print rbac --write` does, of the same text: who adds a
// cluster in the browser may have no snapgate beside it.
import documents from "../../../cmd/snapgate/commands/rbac.yaml"

export function rbac(write: boolean): string {
    const verbs = write ? "get, list, watch, create, update, patch, delete" : "get, list, watch"
    return documents.replaceAll("{ns}", "snapgate").replaceAll("{verbs}", verbs)
}
