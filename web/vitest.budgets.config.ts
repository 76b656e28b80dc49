import {defineConfig} from "vitest/config"

// Times in Chromium on a large fleet.
export default defineConfig({
    test: {
        include: ["budgets/**/*.test.ts"],
        environment: "node",
        pool: "forks",
        fileParallelism: false,
        testTimeout: 60_000,
        hookTimeout: 120_000,
    },
})
