// Objects of made-up fleets, as a cluster would have them.
import type {Snapshot} from "./server"

export const NOW = Math.floor(Date.now() / 1000) * 1000

export function hoursAgo(hours: number): string {
    return new Date(NOW - hours * 3_600_000).toISOString().slice(0, 19) + "Z"
}

let made = 0
function uid(): string {
    return `00000000-0000-4000-8000-${(++made).toString(16).padStart(12, "0")}`
}

function base(namespace: string, vm: string, name: string, hours: number) {
    return {
        apiVersion: "snapshot.kubevirt.io/v1beta1",
        kind: "VirtualMachineSnapshot",
        metadata: {name, namespace, uid: uid(), creationTimestamp: hoursAgo(hours)},
        spec: {source: {apiGroup: "kubevirt.io", kind: "VirtualMachine", name: vm}},
    }
}

export function good(namespace: string, vm: string, name: string, hours: number): Snapshot {
    return {
        ...base(namespace, vm, name, hours),
        status: {
            phase: "Succeeded", readyToUse: true, creationTime: hoursAgo(hours),
            ...{indications: ["GuestAgent", "Online"], snapshotVolumes: {includedVolumes: ["rootdisk"], excludedVolumes: ["cloudinit"]}},
        },
    }
}

export function failed(namespace: string, vm: string, name: string, hours: number, why: string): Snapshot {
    return {
        ...base(namespace, vm, name, hours),
        status: {phase: "Failed", readyToUse: false, ...{error: {message: why, time: hoursAgo(hours)}}},
    }
}

// Of a VM, from one of its snapshots.
export function restore(namespace: string, vm: string, snapshot: string, name: string, hours: number): object {
    return {
        apiVersion: "snapshot.kubevirt.io/v1beta1", kind: "VirtualMachineRestore",
        metadata: {name, namespace, uid: uid(), resourceVersion: "1", creationTimestamp: hoursAgo(hours)},
        spec: {target: {apiGroup: "kubevirt.io", kind: "VirtualMachine", name: vm}, virtualMachineSnapshotName: snapshot},
        status: {complete: true, restoreTime: hoursAgo(hours)},
    }
}

export function running(namespace: string, vm: string, name: string, hours: number): Snapshot {
    return {...base(namespace, vm, name, hours), status: {phase: "InProgress", readyToUse: false}}
}
