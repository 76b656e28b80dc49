// Data that is asked for again when something has changed: soon after, but never more often than the server answers
// easily, and not while nobody looks.
import {createContext} from "preact"
import {useContext, useEffect, useRef, useState} from "preact/hooks"

import {ChangeStream} from "./stream"

export const Changes = createContext<ChangeStream | undefined>(undefined)

export function useChangeStream(project: string | undefined): ChangeStream {
    const [stream, setStream] = useState(() => new ChangeStream(project))
    useEffect(() => {
        const next = new ChangeStream(project)
        setStream(next)
        next.start()
        return () => next.stop()
    }, [project])
    return stream
}

// Since when the stream is away, in milliseconds; undefined while it stands.
export function useAwaySince(stream: ChangeStream): number | undefined {
    const [since, setSince] = useState(stream.state.awaySince)
    useEffect(() => {
        setSince(stream.state.awaySince)
        return stream.onState(() => setSince(stream.state.awaySince))
    }, [stream])
    return since
}

const SOONEST_MS = 1000
// Ages, verdicts and the states of clusters also change while no snapshot does.
const LATEST_MS = 15_000
// An answer that took long is asked for less often.
const REST = 8
// So long an answer is waited for. To ask again while one is under way would end that one, and where changes come faster
// than answers, the page would never get any.
const PATIENCE_MS = 60_000

interface Refreshable {
    refresh: () => void
    // How long the last answer took, in milliseconds.
    took: number
    busy: () => boolean
}

export function useRefreshOnChange(of: readonly Refreshable[]) {
    const stream = useContext(Changes)
    const latest = useRef(of)
    latest.current = of
    useEffect(() => {
        let last = Date.now()
        let changed = false
        const look = () => {
            if (document.visibilityState !== "visible") return
            const pause = Math.max(SOONEST_MS, REST * Math.max(0, ...latest.current.map((one) => one.took)))
            const waited = Date.now() - last
            if (waited < pause || (!changed && waited < LATEST_MS)) return
            if (waited < PATIENCE_MS && latest.current.some((one) => one.busy())) return
            last = Date.now()
            changed = false
            for (const one of latest.current) one.refresh()
        }
        const note = () => {
            changed = true
            look()
        }
        const timer = setInterval(look, 250)
        const stop = stream?.onChange(note)
        document.addEventListener("visibilitychange", look)
        return () => {
            clearInterval(timer)
            stop?.()
            document.removeEventListener("visibilitychange", look)
        }
    }, [stream])
}
