// Text to take along: lines for a shell, a key, YAML.
import {useState} from "preact/hooks"

import {Icon} from "./icons"

export function Copyable({text, label, tall}: {text: string; label: string; tall?: boolean}) {
    const [copied, setCopied] = useState(false)
    const copy = () => {
        void navigator.clipboard.writeText(text).then(() => {
            setCopied(true)
            setTimeout(() => setCopied(false), 2000)
        })
    }
    return (
        <div class="copyable">
            <pre class={tall ? "tall" : undefined} tabIndex={0} role="region" aria-label={label}>{text}</pre>
            {/* Browsers offer the clipboard to secure pages alone. */}
            {window.isSecureContext && (
                <button type="button" onClick={copy} aria-label={`Copy: ${label}`}><Icon mark="copy"/>{copied ? "Copied" : "Copy"}</button>
            )}
        </div>
    )
}
