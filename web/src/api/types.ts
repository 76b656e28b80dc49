// The types of the API, from docs/openapi.yaml: `npm run types` makes schema.d.ts.
import type {components, paths} from "./schema"

type Schemas = components["schemas"]

export type Session = Schemas["ConsoleSession"]
export type Role = "reader" | "editor" | "admin"
export type Project = Schemas["Project"]
export type Quota = Schemas["Quota"]
export type Cluster = Schemas["Cluster"]
export type ClusterState = Schemas["ClusterState"]
export type Source = Schemas["Source"]
export type Protection = Schemas["Protection"]
export type ProtectedVm = Schemas["ProtectedVm"]
export type Verdict = Schemas["Verdict"]
export type Summary = Schemas["Summary"]
export type SnapshotRow = Schemas["SnapshotRow"]
export type SnapshotState = Schemas["State"]
export type Consistency = Schemas["Consistency"]
export type Key = Schemas["Key"]
export type CheckedPoint = Schemas["CheckedPoint"]
export type ErrorBody = Schemas["Error"]

type Query<Path extends keyof paths> = paths[Path] extends {get: {parameters: {query?: infer Q}}} ? NonNullable<Q> : never
export type ProtectionQuery = Query<"/v1/spectroclusters/{uid}/vms/protection">
export type SnapshotQuery = Query<"/v1/spectroclusters/{uid}/vms/snapshot">
export type SummaryQuery = Query<"/v1/spectroclusters/{uid}/vms/summary">

export const VERDICTS: readonly Verdict[] = ["Protected", "Late", "Failing", "Never", "Unknown"]
export const STATES: readonly SnapshotState[] = ["Succeeded", "Failed", "InProgress", "Pending", "Deleting"]
