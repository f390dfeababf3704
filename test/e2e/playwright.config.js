// Plays the product in a real browser against a stack of its own. One worker: the machine is small and a round takes half a minute.

import { defineConfig } from '@playwright/test';
import { chromium } from './support/chromium.js';

export default defineConfig({
  testDir: './tests',
  outputDir: './results/artifacts',
  globalSetup: './support/up.js',
  globalTimeout: 15 * 60_000,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1440, height: 960 },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium(),
      args: [
        '--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--disable-default-apps',
        '--disable-domain-reliability', '--disable-sync', '--metrics-recording-only', '--no-default-browser-check', '--no-first-run', '--no-pings',
        '--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,CertificateTransparencyComponentUpdater',
      ],
    },
  },
});
