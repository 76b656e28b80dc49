// The stream of changes of all snapshots that the key may see. It says that something has changed; pages then ask anew
// for what they show.
import {send, serverNow} from "../api/client"
import {FLEET} from "../api/operations"
import {EventReader} from "../lib/sse"

export interface StreamState {
    // When the stream was lost, in milliseconds; undefined while it stands, or before it has ever stood.
    awaySince: number | undefined
}

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 15_000
// The server sends a heartbeat every 15 seconds.
const SILENCE_MS = 40_000

export class ChangeStream {
    state: StreamState = {awaySince: undefined}
    private readonly listeners = new Set<() => void>()
    private readonly watchers = new Set<() => void>()
    private controller: AbortController | undefined
    private lastId = ""
    private pause = FIRST_PAUSE_MS
    private readonly project: string | undefined

    constructor(project: string | undefined) {
        this.project = project
    }

    // `changed` is called when snapshots have changed, or may have while the stream was away.
    onChange(changed: () => void): () => void {
        this.listeners.add(changed)
        return () => this.listeners.delete(changed)
    }
    onState(changed: () => void): () => void {
        this.watchers.add(changed)
        return () => this.watchers.delete(changed)
    }

    // Browsers have six connections to a server for all tabs together, so a tab that nobody sees gives its own back.
    start() {
        document.addEventListener("visibilitychange", this.see)
        this.see()
    }
    stop() {
        document.removeEventListener("visibilitychange", this.see)
        this.controller?.abort()
    }
    private readonly see = () => {
        if (document.visibilityState === "hidden") {
            this.controller?.abort()
            this.controller = undefined
        } else if (this.controller === undefined) {
            this.controller = new AbortController()
            void this.run(this.controller)
        }
    }

    private async run(controller: AbortController) {
        const stopped = () => controller.signal.aborted
        while (!stopped()) {
            try {
                await this.follow(controller.signal)
            } catch {
                // It is told by the state; an ended session is told by the client.
            }
            if (stopped()) return
            this.set(this.state.awaySince ?? serverNow())
            await new Promise((done) => setTimeout(done, this.pause * (1 + Math.random())))
            this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS)
        }
    }

    private async follow(signal: AbortSignal) {
        const quiet = new AbortController()
        const end = () => quiet.abort()
        signal.addEventListener("abort", end)
        let timer = setTimeout(end, SILENCE_MS)
        try {
            const answer = await send("GET", `${FLEET}/snapshot`, {
                query: {sendInitialEvents: false}, accept: "text/event-stream", project: this.project, signal: quiet.signal,
                headers: this.lastId === "" ? {} : {"Last-Event-ID": this.lastId},
            })
            const reader = new EventReader()
            reader.lastId = this.lastId
            const decoder = new TextDecoder()
            const body = answer.body?.getReader()
            while (body) {
                const {done, value} = await body.read()
                if (done) return
                clearTimeout(timer)
                timer = setTimeout(end, SILENCE_MS)
                this.take(reader.read(decoder.decode(value, {stream: true})).map((event) => event.type))
                this.lastId = reader.lastId
            }
        } catch (error) {
            // An id that is too old, or of other times: begin anew.
            this.lastId = ""
            throw error
        } finally {
            clearTimeout(timer)
            signal.removeEventListener("abort", end)
        }
    }

    private take(types: readonly string[]) {
        if (this.state.awaySince !== undefined || types.some((type) => type !== "end" && type !== "synced")) {
            this.pause = FIRST_PAUSE_MS
            for (const changed of this.listeners) changed()
        }
        this.set(undefined)
    }

    private set(awaySince: number | undefined) {
        if (this.state.awaySince === awaySince) return
        this.state = {awaySince}
        for (const changed of this.watchers) changed()
    }
}
