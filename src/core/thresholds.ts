/** Limits whose violation makes a `warn`. Rates and utilizations are fractions from 0 to 1. */
export interface Thresholds {
  readonly successRateMin: number;
  readonly pingP95MsMax: number;
  readonly poolUtilizationMax: number;
  readonly hitRateMin: number;
  readonly memoryUtilizationMax: number;
  readonly clientsUtilizationMax: number;
  readonly certificateDaysMin: number;
}

export const DEFAULT_THRESHOLDS: Thresholds = {
  successRateMin: 0.999,
  pingP95MsMax: 5,
  poolUtilizationMax: 0.8,
  hitRateMin: 0.9,
  memoryUtilizationMax: 0.9,
  clientsUtilizationMax: 0.8,
  certificateDaysMin: 14,
};
