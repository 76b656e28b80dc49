import {useLayoutEffect, useRef, useState} from "preact/hooks"

import {ApiError} from "../api/client"
import {sentence} from "../lib/format"
import {session as sessions} from "../api/operations"
import type {Session} from "../api/types"

export function SignIn({why, done}: {why: string | undefined; done: (session: Session) => void}) {
    const [key, setKey] = useState("")
    const [busy, setBusy] = useState(false)
    const [error, setError] = useState<string>()
    const field = useRef<HTMLInputElement>(null)
    useLayoutEffect(() => {
        document.title = "Sign in – snapgate"
        field.current?.focus()
    }, [])

    const signIn = () => {
        if (busy) return
        const text = key.trim()
        if (text === "") {
            setError("Paste a key or a token first.")
            field.current?.focus()
            return
        }
        setBusy(true)
        setError(undefined)
        sessions.begin(text).then(
            ({data}) => done(data),
            (failure: unknown) => {
                setBusy(false)
                setError(failure instanceof ApiError ? sentence(failure.message) : "The server cannot be reached.")
                field.current?.select()
            },
        )
    }

    return (
        <main class="alone">
            <form
                class="sign-in"
                onSubmit={(event) => {
                    event.preventDefault()
                    signIn()
                }}
            >
                <h1>snapgate</h1>
                <p class="quiet">The VM snapshots of every KubeVirt cluster, in one place.</p>
                {why !== undefined && <p class="notice tone-late" role="status">{why}</p>}
                <label for="key">API key or token</label>
                <input
                    id="key" ref={field} type="password" value={key} autocomplete="current-password" spellcheck={false}
                    aria-invalid={error !== undefined} aria-describedby={error === undefined ? "key-help" : "key-error key-help"}
                    onInput={(event) => setKey(event.currentTarget.value)}
                />
                {error !== undefined && <p id="key-error" class="field-error" role="alert">{error}</p>}
                <button type="submit" class="primary" aria-disabled={busy}>{busy ? "Signing in…" : "Sign in"}</button>
                <p id="key-help" class="quiet">
                    It goes to this server once and stays out of the browser. The first admin's key is in the
                    file <code>admin.key</code> of the server's data directory; a token is one of an issuer that the server trusts.
                </p>
            </form>
        </main>
    )
}
