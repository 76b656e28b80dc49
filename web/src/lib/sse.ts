// Server-sent events out of a stream of text (https://html.spec.whatwg.org/multipage/server-sent-events.html). The
// console reads them by fetch, because EventSource cannot send the header without which the session's cookie counts
// for nothing.

export interface SentEvent {
    type: string
    data: string
}

export class EventReader {
    // Of the last event, or of a comment's block; "" before the first.
    lastId = ""
    private rest = ""
    private type = ""
    private data: string[] = []

    // What a further piece of the stream completes. A piece may end anywhere.
    read(piece: string): SentEvent[] {
        const events: SentEvent[] = []
        const lines = (this.rest + piece).split("\n")
        this.rest = lines.pop() ?? ""
        for (const line of lines) {
            const text = line.endsWith("\r") ? line.slice(0, -1) : line
            if (text === "") {
                if (this.data.length > 0) events.push({type: this.type || "message", data: this.data.join("\n")})
                this.type = ""
                this.data = []
            } else {
                this.field(text)
            }
        }
        return events
    }

    private field(line: string) {
        const colon = line.indexOf(":")
        if (colon === 0) return
        const name = colon < 0 ? line : line.slice(0, colon)
        const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1)
        if (name === "event") this.type = value
        else if (name === "data") this.data.push(value)
        else if (name === "id" && !value.includes("\0")) this.lastId = value
    }
}
