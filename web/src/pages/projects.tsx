// Projects, and how much each may have.
import {useState} from "preact/hooks"

import {createProject, project as readProject, removeProject, setQuota} from "../api/operations"
import type {Project, Quota, Session} from "../api/types"
import {bytes, count} from "../lib/format"
import {Shown} from "../parts/answers"
import {Dialog} from "../parts/dialog"
import {Panel} from "../parts/panel"
import {useData, type Data} from "../state/data"
import {mayAdministerTenant} from "../state/role"

type Projects = {items: readonly Project[]}
type Limited = keyof Quota
const LIMITS: readonly {name: Limited; word: string; hint?: string}[] = [
    {name: "clusters", word: "Clusters"}, {name: "keys", word: "Keys"},
    {name: "objects", word: "Objects", hint: "Snapshots, restores, VMs and contents, in all clusters together"},
    {name: "bytes", word: "Bytes", hint: "The JSON of these objects, as it is stored"},
]

export function ProjectsPanel({projects, session}: {projects: Data<Projects>; session: Session}) {
    const [dialog, setDialog] = useState<{is: "new"} | {is: "remove" | "quota"; project: Project}>()
    const close = () => setDialog(undefined)
    const mayChange = mayAdministerTenant(session)
    return (
        <>
            {dialog?.is === "new" && <NewProject done={projects.refresh} close={close}/>}
            {dialog?.is === "quota" && <QuotaOf project={dialog.project} done={projects.refresh} close={close}/>}
            {dialog?.is === "remove" && (
                <Dialog
                    title={`Delete the project ${dialog.project.name}?`} action="Delete" danger busyWord="Deleting…" close={close}
                    submit={async () => {
                        await removeProject(dialog.project.uid)
                        projects.refresh()
                        close()
                    }}
                >
                    <p>It must have neither clusters nor keys.</p>
                </Dialog>
            )}
            <Panel title="Projects" note={mayChange ? <button type="button" onClick={() => setDialog({is: "new"})}>New project…</button> : undefined}>
                <Shown of={projects} lines={3}>
                    {({items}) => (
                        <div class="table-scroll" tabIndex={0} role="region" aria-label="Table of projects">
                            <table class="plain roomy">
                                <thead><tr><th scope="col">Project</th><th scope="col">Uid</th><th scope="col">May have</th><th scope="col"><span class="hidden">Actions</span></th></tr></thead>
                                <tbody>
                                    {items.map((project) => (
                                        <tr key={project.uid}>
                                            <td>{project.name}</td><td class="mono">{project.uid}</td><td>{quotaWords(project.quota)}</td>
                                            <td class="right">
                                                {mayChange && <button type="button" aria-label={`Quota of ${project.name}`} onClick={() => setDialog({is: "quota", project})}>Quota…</button>}
                                                {" "}
                                                {mayChange && <button type="button" class="danger" aria-label={`Delete ${project.name}`} onClick={() => setDialog({is: "remove", project})}>Delete…</button>}
                                            </td>
                                        </tr>
                                    ))}
                                </tbody>
                            </table>
                        </div>
                    )}
                </Shown>
            </Panel>
        </>
    )
}

function quotaWords(quota: Quota | undefined) {
    const limited = LIMITS.flatMap(({name, word}) => {
        const most = quota?.[name]
        if (most === undefined || most === null) return []
        return [name === "bytes" ? bytes(most) : `${count(most)} ${word.toLowerCase()}`]
    })
    return limited.length === 0 ? <span class="quiet">no limit</span> : limited.join(", ")
}

function NewProject({done, close}: {done: () => void; close: () => void}) {
    const [name, setName] = useState("")
    return (
        <Dialog
            title="A new project" action="Make the project" close={close} disabled={name.trim() === ""}
            submit={async () => {
                await createProject({name: name.trim()})
                done()
                close()
            }}
        >
            <label class="stacked">Name<input value={name} required spellcheck={false} autocomplete="off" onInput={(event) => setName(event.currentTarget.value)}/></label>
        </Dialog>
    )
}

function QuotaOf({project, done, close}: {project: Project; done: () => void; close: () => void}) {
    const [texts, setTexts] = useState<Record<Limited, string>>({
        clusters: String(project.quota?.clusters ?? ""), keys: String(project.quota?.keys ?? ""), objects: String(project.quota?.objects ?? ""),
        bytes: String(project.quota?.bytes ?? ""),
    })
    const current = useData(`project ${project.uid}`, (signal) => readProject(project.uid, {signal}))
    const used = current.data?.used
    const valid = LIMITS.every(({name}) => /^\d{0,15}$/.test(texts[name]))
    return (
        <Dialog
            title={`How much ${project.name} may have`} action="Set the quota" close={close} disabled={!valid}
            submit={async () => {
                const quota: Quota = {}
                for (const {name} of LIMITS) {
                    if (texts[name] !== "") quota[name] = Number(texts[name])
                }
                await setQuota(project.uid, quota)
                done()
                close()
            }}
        >
            <p class="quiet">A field that is empty is no limit. What the project has above a limit stays.</p>
            {LIMITS.map(({name, word, hint}) => (
                <label key={name} class="stacked">
                    {word}{used && ` (${count(used[name])} now)`}
                    <input
                        value={texts[name]} inputMode="numeric" pattern="\d{0,15}" title={hint ?? ""} placeholder="no limit" autocomplete="off"
                        onInput={(event) => setTexts({...texts, [name]: event.currentTarget.value.trim()})}
                    />
                </label>
            ))}
        </Dialog>
    )
}
