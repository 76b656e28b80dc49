// What stands around every page: where one can go, the choices that hold everywhere, and who is signed in.
import {useEffect, useLayoutEffect, useRef, useState} from "preact/hooks"

import {standIn} from "./api/client"
import type {Session} from "./api/types"
import {Banner} from "./parts/banner"
import {Page, pageOf, PAGES} from "./pages/pages"
import {ScopeBar} from "./parts/scope_bar"
import {ThemeButton} from "./parts/theme"
import {Changes, useChangeStream} from "./state/live"
import {linkTo, usePlace} from "./state/location"
import {sessionIn} from "./state/role"
import {scopeOf} from "./state/scope"

export function Frame({session: signedIn, signOut}: {session: Session; signOut: () => Promise<void>}) {
    const place = usePlace()
    const page = pageOf(place)
    const {session, scope} = sessionIn(signedIn, scopeOf(place))
    // Before any part of the page asks for something.
    standIn(session.projectUid === "" ? undefined : scope.project)
    useEffect(() => {
        document.title = `${page.title} – snapgate`
    }, [page.title])

    const stream = useChangeStream(scope.project)
    const main = useRef<HTMLElement>(null)
    const [stays, setStays] = useState(false)
    const leave = () => {
        setStays(false)
        signOut().catch(() => setStays(true))
    }
    // Another page begins at its top.
    useLayoutEffect(() => {
        if (main.current) main.current.scrollTop = 0
    }, [place.path.join("/")])
    // On a phone there is no room for the links to all pages.
    const nav = useRef<HTMLElement>(null)
    useLayoutEffect(() => nav.current?.querySelector("[aria-current]")?.scrollIntoView({block: "nearest", inline: "nearest"}), [page.under])

    return (
        <Changes.Provider value={stream}>
            <div class="frame">
                <a class="skip" href="#main" onClick={(event) => {
                    event.preventDefault()
                    document.getElementById("main")?.focus()
                }}>Skip to the page</a>
                <header class="top">
                    <a class="brand" href={linkTo([])}>snapgate</a>
                    <nav aria-label="Pages" ref={nav}>
                        {PAGES.filter((one) => one.least === undefined || one.least === session.role).map((one) => (
                            <a key={one.name} href={linkTo(one.name === "" ? [] : [one.name])} aria-current={one.name === page.under ? "page" : undefined}>
                                {one.label}
                            </a>
                        ))}
                    </nav>
                    <div class="who">
                        <ThemeButton/>
                        <span title={`Key ${session.keyId ?? ""}, ${session.role ?? ""}`}>{session.keyName}<span class="quiet"> {session.role}</span></span>
                        <button type="button" onClick={leave}>Sign out</button>
                    </div>
                </header>
                <ScopeBar scope={scope} session={session} within={["", "vms", "clusters"].includes(page.under)}/>
                <section aria-label="What is away">
                    {stays && (
                        <p class="banner tone-bad" role="alert">
                            <strong>You are still signed in</strong>: the server could not be told. Sign out again once it is there, or close the browser.
                        </p>
                    )}
                    <Banner stream={stream} project={scope.project}/>
                </section>
                <main id="main" ref={main} tabIndex={-1}>
                    {/* Another project that the session stands in: nothing that was asked for before is shown. */}
                    <Page key={session.projects && session.projectUid} place={place} scope={scope} session={session}/>
                </main>
            </div>
        </Changes.Provider>
    )
}
