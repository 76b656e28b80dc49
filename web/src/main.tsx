import {render} from "preact"

import {App} from "./app"
import {followTheme} from "./parts/theme"

followTheme()
const root = document.getElementById("console")
if (root) render(<App/>, root)
