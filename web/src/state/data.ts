// What the server said: asked for again whenever the question changes, and kept on the screen until the next answer
// is there.
import {useCallback, useEffect, useRef, useState} from "preact/hooks"

import {serverNow, type Answer, type Freshness} from "../api/client"

export interface Data<T> {
    data: T | undefined
    error: Error | undefined
    freshness: Freshness | undefined
    // An answer to this very question is under way; `data` may be one to the question before.
    loading: boolean
    // When the data came, in milliseconds.
    at: number
    // How long the last answer took, in milliseconds.
    took: number
    // A request is under way.
    busy: () => boolean
    refresh: () => void
}

interface State<T> {
    question: string
    data: T | undefined
    error: Error | undefined
    freshness: Freshness | undefined
    at: number
    took: number
}

const NOTHING = {question: "", data: undefined, error: undefined, freshness: undefined, at: 0, took: 0}

// `question` names all that `fetcher` asks with.
export function useData<T>(question: string, fetcher: (signal: AbortSignal) => Promise<Answer<T>>): Data<T> {
    const [state, setState] = useState<State<T>>(NOTHING)
    const latest = useRef(fetcher)
    latest.current = fetcher
    const running = useRef<AbortController>()

    const run = useCallback(() => {
        running.current?.abort()
        const controller = new AbortController()
        running.current = controller
        const begun = performance.now()
        latest.current(controller.signal).then(
            ({data, freshness}) => {
                if (controller.signal.aborted) return
                running.current = undefined
                setState({question, data, error: undefined, freshness, at: Date.now(), took: performance.now() - begun})
            },
            (error: unknown) => {
                if (controller.signal.aborted) return
                running.current = undefined
                const known = error instanceof Error ? error : new Error(String(error))
                // What was said to another question would stand there as if it were said to this one.
                setState((before) => before.question === question ? {...before, error: known} : {...NOTHING, question, error: known})
            },
        )
    }, [question])

    useEffect(() => {
        run()
        return () => running.current?.abort()
    }, [run])

    const busy = useCallback(() => running.current !== undefined, [])
    return {...state, loading: state.question !== question, busy, refresh: run}
}

// The present time by the server's clock, which moves on every `seconds`.
export function useNow(seconds: number): number {
    const [now, setNow] = useState(serverNow)
    useEffect(() => {
        const timer = setInterval(() => setNow(serverNow()), seconds * 1000)
        return () => clearInterval(timer)
    }, [seconds])
    return now
}
