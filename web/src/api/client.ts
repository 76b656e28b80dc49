// Asks the server that the console came from. The session's cookie counts only with the header X-Snapgate-Console.
import type {ErrorBody} from "./types"

export type QueryValue = string | number | boolean | readonly string[] | undefined
export type Query = Record<string, QueryValue>

export interface Request {
    query?: Query | undefined
    // The one project that the request is narrowed to; without it, the one of standIn().
    project?: string | undefined
    body?: unknown
    accept?: string
    headers?: Record<string, string>
    signal?: AbortSignal | undefined
}

// How old the answer may be, as its headers say.
export interface Freshness {
    ageSeconds: number
    // Why it cannot be confirmed now.
    warning: string | undefined
}

export interface Answer<T> {
    data: T
    freshness: Freshness
}

export class ApiError extends Error {
    constructor(
        readonly status: number,
        readonly code: string,
        message: string,
        readonly ref: string,
        readonly details: ErrorBody["details"],
    ) {
        super(message)
    }
}

// The project that requests are about which name none: of who has rights in several, but not in the tenant.
let standing: string | undefined
export function standIn(project: string | undefined) {
    standing = project
}

// What is told when an answer says that the session is over.
let whenSignedOut: () => void = () => undefined
export function onSignedOut(listener: () => void) {
    whenSignedOut = listener
}

export function toQuery(query: Query | undefined): string {
    const parameters = new URLSearchParams()
    for (const [name, value] of Object.entries(query ?? {})) {
        if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) continue
        parameters.set(name, Array.isArray(value) ? value.join(",") : String(value as string | number | boolean))
    }
    const text = parameters.toString()
    return text === "" ? "" : `?${text}`
}

async function errorOf(answer: Response): Promise<ApiError> {
    const text = await answer.text()
    try {
        const body = JSON.parse(text) as ErrorBody
        if (typeof body.message === "string")
            return new ApiError(answer.status, body.code, body.message, body.ref, body.details)
    } catch {
        // Something else than snapgate has answered.
    }
    return new ApiError(answer.status, "", `the server answered ${answer.status} ${answer.statusText}`, "", {})
}

// How far the server's clock is before the reader's, in milliseconds: ages are told by the clock that set the times.
let ahead = 0
export function serverNow(): number {
    return Date.now() + ahead
}
function compareClocks(answer: Response) {
    const behind = Date.parse(answer.headers.get("Date") ?? "") - Date.now()
    // Less is the way of the answer, and that the header has whole seconds.
    if (!Number.isNaN(behind)) ahead = Math.abs(behind) < 5000 ? 0 : behind
}

// The raw answer, once it is no error. Throws ApiError, and TypeError if the server is out of reach.
export async function send(method: string, path: string, request: Request = {}): Promise<Response> {
    const headers: Record<string, string> = {
        "X-Snapgate-Console": "1", Accept: request.accept ?? "application/json",
        // Else a browser that reloads the page asks for an answer that each cluster confirms now, and gets none while one
        // is away.
        "Cache-Control": "max-stale",
    }
    const project = request.project ?? standing
    if (project) headers["ProjectUid"] = project
    if (request.body !== undefined) headers["Content-Type"] = "application/json"
    Object.assign(headers, request.headers)
    const answer = await fetch(path + toQuery(request.query), {
        method,
        headers,
        credentials: "same-origin",
        redirect: "error",
        ...(request.body === undefined ? {} : {body: JSON.stringify(request.body)}),
        ...(request.signal === undefined ? {} : {signal: request.signal}),
    })
    compareClocks(answer)
    if (answer.ok) return answer
    const error = await errorOf(answer)
    if (error.status === 401 && path !== "/console/v1/session") whenSignedOut()
    throw error
}

export async function ask<T>(method: string, path: string, request: Request = {}): Promise<Answer<T>> {
    const answer = await send(method, path, request)
    const data = (answer.status === 204 ? undefined : await answer.json()) as T
    return {
        data,
        freshness: {
            ageSeconds: Number(answer.headers.get("Age") ?? 0),
            warning: answer.headers.get("Warning")?.replace(/^\d+ \S+ "?|"$/g, ""),
        },
    }
}
