// The operations of the API that the console uses.
import {ask, send, type Answer, type Query, type Request} from "./client"
import type * as api from "./types"

const FLEET = "/v1/spectroclusters/-/vms"
type Options = Pick<Request, "project" | "signal">
const part = encodeURIComponent

export const session = {
    get: () => ask<api.Session>("GET", "/console/v1/session"),
    begin: (key: string) => ask<api.Session>("POST", "/console/v1/session", {body: {key}}),
    end: () => ask<undefined>("DELETE", "/console/v1/session"),
}

export function protection(query: api.ProtectionQuery, options: Options = {}): Promise<Answer<api.Protection>> {
    return ask("GET", `${FLEET}/protection`, {query: query as Query, ...options})
}
export function summary(query: api.SummaryQuery, options: Options = {}): Promise<Answer<api.Summary>> {
    return ask("GET", `${FLEET}/summary`, {query: query as Query, ...options})
}
export function sources(options: Options = {}): Promise<Answer<{items: api.Source[]}>> {
    return ask("GET", `${FLEET}/sources`, options)
}
export function projects(options: Options = {}): Promise<Answer<{items: api.Project[]}>> {
    return ask("GET", "/admin/v1/projects", options)
}
export function clusters(options: Options = {}): Promise<Answer<{items: api.Cluster[]}>> {
    return ask("GET", "/admin/v1/clusters", options)
}
export {part, send, FLEET}

// A page of the report of VMs, and one of the rows of snapshots.
export interface RowPage<Row> {
    items: Row[]
    metadata: {continue?: string; remainingItemCount?: number; resourceVersion: string}
}
export function snapshotRows(query: api.SnapshotQuery, options: Options = {}): Promise<Answer<RowPage<api.SnapshotRow>>> {
    return ask("GET", `${FLEET}/snapshot`, {query: {...(query as Query), format: "rows"}, ...options})
}

// One snapshot as Kubernetes has it.
export interface KubeObject {
    apiVersion: string
    kind: string
    metadata: {
        name: string
        namespace: string
        uid: string
        resourceVersion: string
        creationTimestamp?: string
        deletionTimestamp?: string
        finalizers?: string[]
        labels?: Record<string, string>
        annotations?: Record<string, string>
    }
    spec: Record<string, unknown>
    status?: Record<string, unknown>
}
export const KUBERNETES = "application/vnd.snapgate.kubernetes+json"
export function snapshotPath(cluster: string, vm: string, name?: string): string {
    const path = `/v1/spectroclusters/${part(cluster)}/vms/${part(vm)}/snapshot`
    return name === undefined ? path : `${path}/${part(name)}`
}
export function snapshot(cluster: string, ns: string, vm: string, name: string, options: Options = {}): Promise<Answer<KubeObject>> {
    return ask("GET", snapshotPath(cluster, vm, name), {query: {namespace: ns}, accept: KUBERNETES, ...options})
}
export function createSnapshot(cluster: string, ns: string, vm: string, metadata: object): Promise<Answer<KubeObject>> {
    return ask("POST", snapshotPath(cluster, vm), {query: {namespace: ns}, body: {metadata}, accept: KUBERNETES})
}
export function deleteSnapshot(cluster: string, ns: string, vm: string, name: string): Promise<Answer<undefined>> {
    return ask("DELETE", snapshotPath(cluster, vm, name), {query: {namespace: ns}})
}

export interface Restore {
    metadata: {name: string; namespace: string; creationTimestamp?: string}
    spec: {target?: {name?: string}; virtualMachineSnapshotName?: string}
    status?: {complete?: boolean; restoreTime?: string}
}
export function restores(cluster: string, ns: string, options: Options = {}): Promise<Answer<{items: Restore[]}>> {
    return ask("GET", `/clusters/${part(cluster)}/apis/snapshot.kubevirt.io/v1beta1/namespaces/${part(ns)}/virtualmachinerestores`, options)
}

export interface NewCluster {
    name: string
    projectUid?: string
    type: "hosted" | "connected"
    kubeconfig?: string
    context?: string
}
export function createCluster(body: NewCluster): Promise<Answer<api.Cluster>> {
    return ask("POST", "/admin/v1/clusters", {body})
}
export function cluster(uid: string, options: Options = {}): Promise<Answer<api.Cluster>> {
    return ask("GET", `/admin/v1/clusters/${part(uid)}`, options)
}
export function removeCluster(uid: string): Promise<Answer<undefined>> {
    return ask("DELETE", `/admin/v1/clusters/${part(uid)}`, {query: {force: true}})
}
export function setKubeconfig(uid: string, body: {kubeconfig: string; context?: string}): Promise<Answer<api.Cluster>> {
    return ask("PUT", `/admin/v1/clusters/${part(uid)}/kubeconfig`, {body})
}
export function checkCluster(uid: string): Promise<Answer<{points: api.CheckedPoint[]; servedVersion?: string}>> {
    return ask("POST", `/admin/v1/clusters/${part(uid)}/check`)
}
export function keys(options: Options = {}): Promise<Answer<{items: api.Key[]}>> {
    return ask("GET", "/admin/v1/keys", options)
}
export function createKey(body: {name: string; role: api.Role; projectUid?: string; expires?: string}): Promise<Answer<api.Key>> {
    return ask("POST", "/admin/v1/keys", {body})
}
export function revokeKey(id: string): Promise<Answer<undefined>> {
    return ask("DELETE", `/admin/v1/keys/${part(id)}`)
}
export function createProject(body: {name: string}): Promise<Answer<api.Project>> {
    return ask("POST", "/admin/v1/projects", {body})
}
export function project(uid: string, options: Options = {}): Promise<Answer<api.Project>> {
    return ask("GET", `/admin/v1/projects/${part(uid)}`, options)
}
export function setQuota(uid: string, quota: api.Quota): Promise<Answer<api.Project>> {
    return ask("PUT", `/admin/v1/projects/${part(uid)}/quota`, {body: quota})
}
export function removeProject(uid: string): Promise<Answer<undefined>> {
    return ask("DELETE", `/admin/v1/projects/${part(uid)}`)
}
