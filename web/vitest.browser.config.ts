import {defineConfig} from "vitest/config"

// In Debian's Chromium, on servers of their own.
export default defineConfig({
    test: {
        include: ["tests/**/*.test.ts"],
        environment: "node",
        pool: "forks",
        fileParallelism: false,
        testTimeout: 60_000,
        hookTimeout: 120_000,
        // A second, which is the default, is not much for a browser on a busy machine.
        expect: {poll: {timeout: 10_000}},
    },
})
