// JSON values as YAML that reads back as the same values.

const PLAIN = /^[A-Za-z_/][A-Za-z0-9_./@ -]*$/
// What YAML 1.1 or 1.2 takes for something else than a text.
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n|~)$/i

function scalar(value: unknown): string {
    if (typeof value === "string") {
        const plain = PLAIN.test(value) && !WORDS.test(value) && !value.endsWith(" ")
        return plain ? value : JSON.stringify(value)
    }
    return JSON.stringify(value)
}

function isEmpty(value: object): boolean {
    return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0
}

function lines(value: unknown, indent: string): string[] {
    if (Array.isArray(value)) {
        return value.flatMap((item: unknown) => {
            if (typeof item !== "object" || item === null || isEmpty(item)) return [`${indent}- ${short(item)}`]
            const [first = "", ...rest] = lines(item, `${indent}  `)
            return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest]
        })
    }
    return Object.entries(value as Record<string, unknown>).flatMap(([key, item]) => {
        if (typeof item !== "object" || item === null || isEmpty(item)) return [`${indent}${scalar(key)}: ${short(item)}`]
        return [`${indent}${scalar(key)}:`, ...lines(item, Array.isArray(item) ? indent : `${indent}  `)]
    })
}

function short(value: unknown): string {
    if (Array.isArray(value)) return "[]"
    if (typeof value === "object" && value !== null) return "{}"
    return scalar(value)
}

export function toYaml(value: object): string {
    return isEmpty(value) ? `${short(value)}\n` : `${lines(value, "").join("\n")}\n`
}
