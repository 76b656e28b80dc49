// Who is signed in, and so what is shown: the page that signs in, or the console.
import {useCallback, useEffect, useRef, useState} from "preact/hooks"

import {ApiError, onSignedOut} from "./api/client"
import {session as sessions} from "./api/operations"
import type {Session} from "./api/types"
import {Frame} from "./frame"
import {SignIn} from "./pages/sign_in"
import {ErrorBox, Waiting} from "./parts/answers"

type Standing = {is: "asking"} | {is: "away"; error: Error} | {is: "out"; why?: string} | {is: "in"; session: Session}

export function App() {
    const [standing, setStanding] = useState<Standing>({is: "asking"})
    const look = useCallback(() => {
        sessions.get().then(
            ({data}) => setStanding(data.signedIn ? {is: "in", session: data} : {is: "out"}),
            (error: unknown) => setStanding({is: "away", error: error as Error}),
        )
    }, [])
    // The session is the browser's, not the tab's: what another tab does with it holds here, too.
    const tabs = useRef<BroadcastChannel>()
    useEffect(() => {
        const channel = new BroadcastChannel("snapgate.session")
        tabs.current = channel
        channel.onmessage = () => {
            sessions.get().then(
                ({data}) => setStanding(data.signedIn ? {is: "in", session: data} : {is: "out", why: "You have signed out in another tab."}),
                () => undefined,
            )
        }
        return () => channel.close()
    }, [])
    const tell = () => tabs.current?.postMessage("")
    useEffect(() => {
        onSignedOut(() => setStanding({is: "out", why: "The session has ended, because its key was revoked or has expired, or because the server has restarted."}))
        look()
    }, [look])

    const signOut = async () => {
        try {
            await sessions.end()
        } catch (error) {
            // The cookie is still good, unless the server says that it is not.
            if (!(error instanceof ApiError) || error.status !== 401) throw error
        }
        setStanding({is: "out"})
        tell()
    }

    switch (standing.is) {
        case "asking":
            return <main class="alone"><Waiting/></main>
        case "away":
            return <main class="alone"><ErrorBox error={standing.error} retry={look}/></main>
        case "out":
            return <SignIn why={standing.why} done={(session) => {
                setStanding({is: "in", session})
                tell()
            }}/>
        case "in":
            // Nothing of another key's session stays on the screen.
            return <Frame key={standing.session.keyId ?? standing.session.keyName} session={standing.session} signOut={signOut}/>
    }
}
