/** Names of the permits that vehicles are given. */
export const LEAVE_ZONE = 'leave_zone'
/** One permitted drive to a parking although holds stand. */
export const DRIVE_TO_PARK = 'drive_to_park'
