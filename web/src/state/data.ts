// What the server said: asked for again whenever the question changes, and kept on the screen until the next answer
// is there.
import {useCallback, useEffect, useRef, useState} from "preact/hooks"

import type {Answer, Freshness} from "../api/client"

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

// `question` names all that `fetcher` asks with.
export function useData<T>(question: string, fetcher: (signal: AbortSignal) => Promise<Answer<T>>): Data<T> {
    const [state, setState] = useState<State<T>>({question: "", data: undefined, error: undefined, freshness: undefined, at: 0, took: 0})
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
                if (!controller.signal.aborted) setState({question, data, error: undefined, freshness, at: Date.now(), took: performance.now() - begun})
            },
            (error: unknown) => {
                if (controller.signal.aborted) return
                const known = error instanceof Error ? error : new Error(String(error))
                setState((before) => ({...before, question, error: known}))
            },
        )
    }, [question])

    useEffect(() => {
        run()
        return () => running.current?.abort()
    }, [run])

    return {...state, loading: state.question !== question, refresh: run}
}

// The present time, which moves on every `seconds`.
export function useNow(seconds: number): number {
    const [now, setNow] = useState(Date.now)
    useEffect(() => {
        const timer = setInterval(() => setNow(Date.now()), seconds * 1000)
        return () => clearInterval(timer)
    }, [seconds])
    return now
}
