import {render} from "preact"

import {App} from "./app"
import {keepFocus} from "./lib/focus"
import {followTheme} from "./parts/theme"

followTheme()
const root = document.getElementById("console")
if (root) {
    keepFocus(root)
    render(<App/>, root)
}
