// States in words, each with its own mark and colour.
import type {ClusterState, Consistency, SnapshotState, Verdict} from "../api/types"
import {Icon, type Mark} from "./icons"

// The colours of the style sheet.
export type Tone = "good" | "late" | "bad" | "never" | "unknown" | "busy"

interface Look {
    mark: Mark
    tone: Tone
    word: string
}

export const VERDICT_LOOKS: Record<Verdict, Look & {meaning: (within: string) => string}> = {
    Protected: {mark: "good", tone: "good", word: "Protected", meaning: (within) => `a good snapshot within ${within}`},
    Late: {mark: "late", tone: "late", word: "Late", meaning: (within) => `the last good snapshot is older than ${within}`},
    Failing: {mark: "bad", tone: "bad", word: "Failing", meaning: () => "the last attempt failed"},
    Never: {mark: "never", tone: "never", word: "Never", meaning: () => "no good snapshot at all"},
    Unknown: {mark: "unknown", tone: "unknown", word: "Unknown", meaning: (within) => `nothing newer than ${within} is known of the cluster`},
}

export const STATE_LOOKS: Record<SnapshotState, Look> = {
    Succeeded: {mark: "good", tone: "good", word: "Succeeded"},
    Failed: {mark: "bad", tone: "bad", word: "Failed"},
    InProgress: {mark: "running", tone: "busy", word: "In progress"},
    Pending: {mark: "pending", tone: "unknown", word: "Pending"},
    Deleting: {mark: "deleting", tone: "late", word: "Deleting"},
}

export const CLUSTER_LOOKS: Record<ClusterState, Look> = {
    Ready: {mark: "good", tone: "good", word: "Ready"},
    Syncing: {mark: "running", tone: "busy", word: "Syncing"},
    Pending: {mark: "pending", tone: "unknown", word: "Pending"},
    Unreachable: {mark: "bad", tone: "bad", word: "Unreachable"},
    Unauthorized: {mark: "bad", tone: "bad", word: "Unauthorized"},
    Forbidden: {mark: "bad", tone: "bad", word: "Forbidden"},
    NotInstalled: {mark: "never", tone: "late", word: "Not installed"},
    Failing: {mark: "bad", tone: "bad", word: "Failing"},
    Stale: {mark: "late", tone: "late", word: "Stale"},
}

export const CONSISTENCY_WORDS: Record<Consistency, {word: string; meaning: string}> = {
    application: {word: "application", meaning: "the guest agent held the file systems still"},
    crash: {word: "crash", meaning: "as after a power cut: the VM ran, and nothing held it still"},
    offline: {word: "offline", meaning: "the VM was off"},
    unknown: {word: "unknown", meaning: "the snapshot does not say"},
}

function Badge({look, title}: {look: Look; title?: string}) {
    return <span class={`badge tone-${look.tone}`} title={title}><Icon mark={look.mark}/>{look.word}</span>
}

export function VerdictBadge({verdict}: {verdict: Verdict}) {
    return <Badge look={VERDICT_LOOKS[verdict]}/>
}
export function StateBadge({state, stuck}: {state: SnapshotState; stuck?: boolean}) {
    if (!stuck) return <Badge look={STATE_LOOKS[state]}/>
    return <Badge look={{mark: "stuck", tone: "bad", word: `${STATE_LOOKS[state].word}, stuck`}}/>
}
export function ClusterBadge({state}: {state: ClusterState}) {
    return <Badge look={CLUSTER_LOOKS[state]}/>
}
