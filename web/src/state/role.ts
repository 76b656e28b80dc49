// What the key of the session may do: the console shows no control that would be refused.
import type {Session} from "../api/types"

export function mayEdit(session: Session): boolean {
    return session.role === "editor" || session.role === "admin"
}
export function mayAdminister(session: Session): boolean {
    return session.role === "admin"
}
// The projects themselves belong to the tenant.
export function mayAdministerTenant(session: Session): boolean {
    return session.role === "admin" && (session.projectUid ?? "") === ""
}
