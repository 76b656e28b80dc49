// What the key of the session may do: the console shows no control that would be refused.
import type {Session} from "../api/types"
import type {Scope} from "./scope"

// What the session is in the project that is looked at. Who has a token of an issuer may have another role in each
// project; without rights in the tenant there is always one project that is looked at.
export function sessionIn(session: Session, scope: Scope): {session: Session; scope: Scope} {
    const {projects} = session
    if (projects === undefined) return {session, scope}
    const chosen = projects.find(({uid}) => uid === scope.project) ?? projects.find(({uid}) => uid === "") ?? projects[0]
    if (chosen === undefined) return {session, scope}
    const standing = {...session, role: chosen.role, projectUid: chosen.uid}
    return {session: standing, scope: chosen.uid === "" ? scope : {...scope, project: chosen.uid}}
}

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
