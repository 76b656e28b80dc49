// What stands around every page: where one can go, the choices that hold everywhere, and who is signed in.
import {useEffect} from "preact/hooks"

import type {Session} from "./api/types"
import {Banner} from "./parts/banner"
import {Page, pageOf, PAGES} from "./pages/pages"
import {ScopeBar} from "./parts/scope_bar"
import {ThemeButton} from "./parts/theme"
import {Changes, useChangeStream} from "./state/live"
import {linkTo, usePlace} from "./state/location"
import {scopeOf} from "./state/scope"

export function Frame({session, signOut}: {session: Session; signOut: () => void}) {
    const place = usePlace()
    const page = pageOf(place)
    const scope = scopeOf(place)
    useEffect(() => {
        document.title = `${page.title} – snapgate`
    }, [page.title])

    const stream = useChangeStream(scope.project)

    return (
        <Changes.Provider value={stream}>
            <div class="frame">
                <a class="skip" href="#main" onClick={(event) => {
                    event.preventDefault()
                    document.getElementById("main")?.focus()
                }}>Skip to the page</a>
                <header class="top">
                    <a class="brand" href={linkTo([])}>snapgate</a>
                    <nav aria-label="Pages">
                        {PAGES.filter((one) => one.least === undefined || one.least === session.role).map((one) => (
                            <a key={one.name} href={linkTo(one.name === "" ? [] : [one.name])} aria-current={one.name === page.under ? "page" : undefined}>
                                {one.label}
                            </a>
                        ))}
                    </nav>
                    <div class="who">
                        <ThemeButton/>
                        <span title={`Key ${session.keyId ?? ""}, ${session.role ?? ""}`}>{session.keyName}<span class="quiet"> {session.role}</span></span>
                        <button type="button" onClick={signOut}>Sign out</button>
                    </div>
                </header>
                <ScopeBar scope={scope} session={session} within={["", "vms", "clusters"].includes(page.under)}/>
                <Banner stream={stream} project={scope.project}/>
                <main id="main" tabIndex={-1}>
                    <Page place={place} scope={scope} session={session}/>
                </main>
            </div>
        </Changes.Provider>
    )
}
