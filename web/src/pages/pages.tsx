// Which page an address is.
import type {Session} from "../api/types"
import {Empty} from "../parts/answers"
import {linkTo, type Place} from "../state/location"
import {mayAdminister} from "../state/role"
import type {Scope} from "../state/scope"
import {Access} from "./access"
import {Cluster} from "./cluster"
import {Clusters} from "./clusters"
import {Failures} from "./failures"
import {Overview} from "./overview"
import {Snapshot} from "./snapshot"
import {Snapshots} from "./snapshots"
import {Vm} from "./vm"
import {Vms} from "./vms"

export interface PageProps {
    place: Place
    scope: Scope
    session: Session
}

export const PAGES: readonly {name: string; label: string; least?: "admin"}[] = [
    {name: "", label: "Overview"},
    {name: "vms", label: "VMs"},
    {name: "snapshots", label: "Snapshots"},
    {name: "failures", label: "Failures"},
    {name: "clusters", label: "Clusters"},
    {name: "access", label: "Access", least: "admin"},
]

// Pages of one thing, below the page of all of them.
const ONE: Record<string, {under: string; parts: number}> = {
    vm: {under: "vms", parts: 4},
    snapshot: {under: "snapshots", parts: 5},
    cluster: {under: "clusters", parts: 2},
}

export function pageOf(place: Place): {under: string; title: string} {
    const [first = ""] = place.path
    const one = ONE[first]
    if (one) return {under: one.under, title: place.path[place.path.length - 1] ?? ""}
    const known = PAGES.find((page) => page.name === first)
    return {under: first, title: known?.label ?? "Not found"}
}

export function Page(props: PageProps) {
    const {path} = props.place
    const [first = ""] = path
    // A page of another thing begins anew.
    const key = path.join("/")
    const one = ONE[first]
    if (one ? path.length === one.parts : path.length <= 1) {
        switch (first) {
            case "":
                return <Overview scope={props.scope}/>
            case "vms":
                return <Vms {...props}/>
            case "vm":
                return <Vm key={key} {...props}/>
            case "snapshots":
                return <Snapshots {...props}/>
            case "snapshot":
                return <Snapshot key={key} {...props}/>
            case "failures":
                return <Failures {...props}/>
            case "clusters":
                return <Clusters {...props}/>
            case "cluster":
                return <Cluster key={key} {...props}/>
            case "access":
                if (mayAdminister(props.session)) return <Access {...props}/>
                return <Empty title="This page is for admins" wholePage>The key of this session is a {props.session.role}'s.</Empty>
        }
    }
    return <Empty title="There is no such page" wholePage>The link may be mistyped. <a href={linkTo([])}>To the overview</a></Empty>
}

