// Who is signed in, and so what is shown: the page that signs in, or the console.
import {useCallback, useEffect, useState} from "preact/hooks"

import {onSignedOut} from "./api/client"
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
    useEffect(() => {
        onSignedOut(() => setStanding({is: "out", why: "The session has ended, because its key was revoked or has expired, or because the server has restarted."}))
        look()
    }, [look])

    switch (standing.is) {
        case "asking":
            return <main class="alone"><Waiting/></main>
        case "away":
            return <main class="alone"><ErrorBox error={standing.error} retry={look}/></main>
        case "out":
            return <SignIn why={standing.why} done={(session) => setStanding({is: "in", session})}/>
        case "in":
            return <Frame session={standing.session} signOut={() => void sessions.end().finally(() => setStanding({is: "out"}))}/>
    }
}
