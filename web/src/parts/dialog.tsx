// A question in front of the page. Escape and Cancel leave it; the focus goes back to where it was.
import type {ComponentChildren} from "preact"
import {useEffect, useRef, useState} from "preact/hooks"

import {ApiError} from "../api/client"
import {ErrorBox} from "./answers"

export function Dialog({title, children, action, danger, busyWord = "Working…", submit, close, disabled}: {
    title: string
    children: ComponentChildren
    // The word on its button; without one there is only Close.
    action?: string
    danger?: boolean
    busyWord?: string
    submit?: () => Promise<unknown>
    close: () => void
    disabled?: boolean
}) {
    const box = useRef<HTMLDialogElement>(null)
    const [busy, setBusy] = useState(false)
    const [error, setError] = useState<Error>()
    useEffect(() => {
        const element = box.current
        element?.showModal()
        // Closing it gives the focus back.
        return () => element?.close()
    }, [])
    // It is at the top, and the button at the bottom of what may be longer than the screen.
    useEffect(() => {
        if (error) box.current?.scrollTo({top: 0})
    }, [error])
    const send = () => {
        if (!submit || busy) return
        setBusy(true)
        setError(undefined)
        submit().then(
            () => setBusy(false),
            (failure: unknown) => {
                setBusy(false)
                setError(failure as Error)
            },
        )
    }
    return (
        <dialog
            ref={box} aria-label={title}
            onCancel={(event) => {
                event.preventDefault()
                if (!busy) close()
            }}
            onKeyDown={(event) => {
                // The second Escape closes it whatever onCancel says, and its answer would come to nobody.
                if (event.key === "Escape" && busy) event.preventDefault()
            }}
            onClose={() => {
                // Closed by the browser itself, such as by a phone's gesture.
                if (box.current === null) return
                if (busy) box.current.showModal()
                else close()
            }}
        >
            <form
                onSubmit={(event) => {
                    event.preventDefault()
                    send()
                }}
            >
                <h2>{title}</h2>
                {error && <ErrorBox error={error}/>}
                {error instanceof ApiError && <Causes error={error}/>}
                {children}
                <footer>
                    <button type="button" disabled={busy} onClick={close}>{action === undefined ? "Close" : "Cancel"}</button>
                    {action !== undefined && (
                        <button type="submit" class={danger ? "danger" : "primary"} disabled={!busy && disabled} aria-disabled={busy}>{busy ? busyWord : action}</button>
                    )}
                </footer>
            </form>
        </dialog>
    )
}

// What a check found, or which fields are wrong.
function Causes({error}: {error: ApiError}) {
    const causes = error.details.causes ?? []
    if (causes.length === 0) return null
    return (
        <ul class="findings">
            {causes.map((cause) => <li key={`${cause.field}${cause.message}`}><strong>{cause.field === "" ? cause.reason : cause.field}</strong> {cause.message}</li>)}
        </ul>
    )
}
